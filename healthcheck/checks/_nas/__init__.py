"""What the `nas` check reads: the words of each maker of network storage."""
