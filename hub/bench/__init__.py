"""Measurements that anyone can repeat: `jukihub bench decide|route`. Figures in a README name the command."""
