"""All services and servers that the simulator plays."""

from .bfl import Bfl
from .comfyui import Comfyui
from .eachlabs import Eachlabs
from .fal import Fal
from .gemini import Gemini
from .openai import Openai
from .own_server import OwnServer
from .replicate import Replicate
from .together import Together

ALL = [Eachlabs, Bfl, Fal, Replicate, Together, Openai, Gemini, Comfyui, OwnServer]
