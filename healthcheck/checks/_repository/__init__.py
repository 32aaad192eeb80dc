"""What the checks of backup repositories (`restic`, `borg`) share: what is found in one, how it is asked and judged."""
