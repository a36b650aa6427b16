"""Label-paired features for these tests."""

from paired_features import features  # noqa: F401 - a fixture
