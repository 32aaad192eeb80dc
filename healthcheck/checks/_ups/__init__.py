"""What the `ups` check reads: NUT's and apcupsd's words for a UPS now, and the logs of what happened to its power."""
