"""What smartctl tells of drives, in JSON or in text, and what to make of it."""
