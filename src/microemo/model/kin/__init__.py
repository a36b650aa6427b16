"""Ideas of MicroEmo's kin for the architecture, one a file that names its source: switches of ``ModelConfig.kin``.

All are off, and then nothing of them is there. ``docs/kin.md`` says which system has which idea, and ``studies/kin``
what each does at nano's size; those of training are in ``microemo/train/kin``.
"""
