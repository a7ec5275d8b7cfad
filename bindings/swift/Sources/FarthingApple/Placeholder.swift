import Farthing
