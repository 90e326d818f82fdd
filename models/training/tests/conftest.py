"""One thread for every test, as for every training: many small steps are slower on more."""

from continuo_training.training import quiet_threads

quiet_threads()
