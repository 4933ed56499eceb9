"""A WeChat platform of our own: the real protocol over loopback HTTP, with faults on demand.

Signatures, encryption and reply parsing are wechatpy's, so that ours is tested against theirs.
"""
