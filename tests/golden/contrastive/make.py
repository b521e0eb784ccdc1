"""Golden files of image-text contrastive training: tokens, the text encoder, and the loss.

Made with Debian 12's python3-torch 1.13.1 and python3-numpy:  /usr/bin/python3 tests/golden/contrastive/make.py
What each file holds stands in the script that writes it.
"""
import os

import bert
import loss
import run
import tokens

os.chdir(os.path.dirname(os.path.abspath(__file__)))
tokens.write()
bert.write()
loss.write()
run.write()
