"""All services that the simulator plays."""

from .bfl import Bfl
from .eachlabs import Eachlabs

ALL = [Eachlabs, Bfl]
