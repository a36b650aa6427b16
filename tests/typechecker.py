"""The checker of annotations at run time that jaxtyping is given: as everywhere, an int will do for a float."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
