"""How work gets to processes: workers, their children, and what tells a worker that a run is due."""
