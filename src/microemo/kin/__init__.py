"""Ideas of MicroEmo's kin, one a file that names its source: switches of the architecture and of training, all off.

``docs/kin.md`` says which system has which idea, and ``studies/kin`` what each does at nano's size. Those of the
architecture are ``ModelConfig.kin``, those of training ``TrainConfig.kin``.
"""
