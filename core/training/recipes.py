"""The recipes: named sets of training settings, one row each.

Holds the table alone. What a recipe's settings mean stands in ``core.training.config``, which makes
a config from a recipe; a recipe is added by one row here.
"""

from dataclasses import dataclass, field

DEFAULT_RECIPE = "quick"


@dataclass(frozen=True)
class Recipe:
    """A named set of training settings: ``settings``, changed by ``from_scratch`` when the
    backbone starts from random weights (there is then nothing to freeze)."""

    name: str
    title: str
    sentence: str
    settings: dict = field(default_factory=dict)
    from_scratch: dict = field(default_factory=dict)


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "quick",
            "Quick: train the head on frozen features",
            "Reads every image through the network once, keeps what it saw, and trains only the "
            "last layers. Minutes the first time, seconds after that. Needs ImageNet weights to "
            "mean anything.",
            {"head_epochs": 8, "views": 2, "epochs": 0, "batch_size": 64, "head": {"l2": 1e-3}},
        ),
        Recipe(
            "finetune",
            "Fine-tune: the head first, then the network",
            "Trains the head on frozen features, then the last part of the network at a lower "
            "rate. Better and slower: use a GPU for the large networks. TinyCNN, which starts "
            "from random weights, takes under a minute on a laptop.",
            {
                "head_epochs": 15,
                "epochs": 6,
                "learning_rate": 1e-4,
                "trainable_fraction": 0.3,
                "weight_decay": 1e-4,
            },
            {
                "head_epochs": 0,
                "epochs": 30,
                "learning_rate": 2e-3,
                "trainable_fraction": 1.0,
                "batch_size": 16,
            },
        ),
        Recipe(
            "paper",
            "Paper: as published, 300 epochs",
            "Repeats El Asnaoui & Chawki (2020): the whole network is trained for 300 epochs with "
            "a learning rate that goes up and down, images split one by one. Days without a GPU, "
            "hours with one. Use it to check the published figures, not to get the best network.",
            {
                # From the publication.
                "weights": "imagenet",
                "scaling": "unit",
                "preprocess": {"normalise": True, "clahe": True},
                "split": {"by": "image", "validation_fraction": 0.2},
                "batch_size": 32,
                "head_epochs": 0,
                "epochs": 300,
                "trainable_fraction": 1.0,
                "optimizer": {"name": "Adam", "beta_1": 0.9, "beta_2": 0.999},
                "loss": "categorical_crossentropy",
                "learning_rate": 1e-5,
                "schedule": "cyclical",
                "cyclical_learning_rate": {
                    "base_lr": 1e-5,
                    "max_lr": 1e-3,
                    "step_size": 2000,
                    "mode": "exp_range",
                    "gamma": 0.99994,
                },
                # It names these and gives no amounts: the amounts are ours.
                "head": {
                    "pooling": "flatten",
                    "units": 256,
                    "dropout": 0.0,
                    "l2": 1e-4,
                    "standardise": False,
                },
                "weight_decay": 1e-4,
                "augment": {
                    "rotation_degrees": 10.0,
                    "shift": 0.05,
                    "shear_degrees": 5.0,
                    "zoom": 0.1,
                    "flip": True,
                },
                "class_weighting": "none",
                "early_stopping": 0,
                "keep": "last",
            },
        ),
    )
}
