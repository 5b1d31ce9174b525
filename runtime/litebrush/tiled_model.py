"""What all models of pictures of any size have in common."""

from __future__ import annotations

from collections.abc import Mapping

from litebrush.contract import ModelContract
from litebrush.engine import Engine
from litebrush.model import Model
from litebrush.tiled_network import CPU_TILE_LIMIT, TiledNetwork


class TiledModel(Model):
    """A model whose one signature runs over tiles.

    Attributes:
        network: runs it.
    """

    def __init__(
        self, contract: ModelContract, engines: Mapping[str, Engine], tile_limit: int = CPU_TILE_LIMIT
    ) -> None:
        """As :class:`litebrush.model.Model`; ``tile_limit`` is that of :class:`litebrush.tiled_network.TiledNetwork`.

        Raises:
            ContractError: the network's tensors are not those of the contract, a state cannot be cut as the picture is,
                or ``tile_limit`` does not suit the tiling.
        """
        super().__init__(contract, engines)
        self.network = TiledNetwork(contract, engines[contract.signature.name], tile_limit)
