"""A decoding step of a whole network in one call, where the native library and the network's shape
allow it.
"""
