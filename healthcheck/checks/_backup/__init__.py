"""What the `backup` check reads and judges: the files of a backup folder, and the drives that they are kept on."""
