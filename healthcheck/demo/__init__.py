"""`healthcheck demo`: nine invented clinics on this computer's own addresses, for the real engine to look at.

Nothing of the engine is played: only the clinics are, by small servers that speak what real ones speak.
"""
