"""Our modules against recorded outputs of the code that they inherit from: ``python -m microemo.parity FIXTURE``.

Nothing is imported here: ``__main__`` has to come before torch.
"""
