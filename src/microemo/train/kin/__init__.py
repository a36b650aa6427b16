"""Ideas of MicroEmo's kin for training, one a file that names its source: switches of ``TrainConfig.kin``, all off.

``docs/kin.md`` says which system has which idea, and ``studies/kin`` what each does at nano's size; those of the
architecture are in ``microemo/model/kin``.
"""
