"""A whole study: a folder of results, who the people are and under which conditions, as tables and as one report.

    >>> from microemo import study
    >>> found = study.load("out", design="design.csv")
    >>> found.rates("group"), found.contrasts("group")

``recordings`` finds the results, ``design`` says who and what they are of, ``tables`` makes rows of them, ``measures``
figures of each recording; ``rates``, ``course``, ``transitions`` and ``contrasts`` are what is said of people and
conditions, and ``page`` and ``plots`` show it. Nothing here judges anybody: it counts what ``analyze`` wrote.
"""

from microemo.study.study import Study, load

__all__ = ["Study", "load"]
