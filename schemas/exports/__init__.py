"""What a dataset is called in other people's formats: each a pure function from a Dataset."""
