"""The words repositories use, brought to one spelling: a module and its tables a vocabulary."""
