"""What agents do in an investigation: its five steps, another round, the determination, and checks of guarantees."""
