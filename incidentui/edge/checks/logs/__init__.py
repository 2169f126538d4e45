"""What logs say: of files, and of workloads; agents whose log tells whether they are let in."""
