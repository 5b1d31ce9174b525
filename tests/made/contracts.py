from __future__ import annotations

from litebrush.contract import ModelContract, Role, Task, TensorSpec, Tiling


def make_contract(resizable: bool = True) -> ModelContract:
    """Of a network of 64x64 pixels with a receptive field of radius 5."""
    return ModelContract(
        name="test",
        task=Task.RESTORE,
        signature="restore",
        inputs=(
            TensorSpec("image", Role.IMAGE, (1, 64, 64, 3)),
            TensorSpec("noise_level", Role.NOISE_LEVEL, (1, 32, 32, 1), highest=50),
        ),
        outputs=(TensorSpec("restored", Role.IMAGE, (1, 64, 64, 3)),),
        tiling=Tiling(halo=5, alignment=2, resizable=resizable),
    )
