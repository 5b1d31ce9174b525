"""A generator and a discriminator that learn from each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf
import tf_keras as keras

from litebrush_train.augmentation import augment
from litebrush_train.generative_recipes import AdversarialRecipe
from litebrush_train.learner import Batch, Losses, Networks
from litebrush_train.pictures import Picture

_STEPS_TO_FORGET_THE_START = 10.0
_FIRST_MOMENT = 0.5


class AdversarialLearner:
    """Hinge loss on augmented pictures with averaged weights, or the plain loss of a DCGAN.

    A batch holds ``image`` (batch, side, side, 3) in [-1, 1], ``latent`` and, with classes, ``label`` of the pictures;
    the generator is asked for the same labels. ``augmentation`` holds uniform numbers for two augmentations.
    """

    def __init__(
        self,
        architecture: str,
        generator: keras.Model,
        discriminator: keras.Model,
        recipe: AdversarialRecipe,
        measure: Callable[[Networks], Mapping[str, float]],
        preview: Callable[[keras.Model], Picture],
    ) -> None:
        """Join two networks; ``measure`` and ``preview`` get the generator that will be handed over."""
        self._is_hinge = architecture == "hinge"
        self._generator, self._discriminator = generator, discriminator

        def adam(rate: float, model: keras.Model) -> keras.optimizers.Optimizer:
            optimizer = keras.optimizers.Adam(rate, _FIRST_MOMENT, jit_compile=False)
            optimizer.build(model.trainable_variables)
            return optimizer

        self._generator_optimizer = adam(recipe.learning_rate, generator)
        self._discriminator_optimizer = adam(recipe.discriminator_learning_rate, discriminator)
        self._rate = recipe.learning_rate
        self._class_weight = recipe.class_weight
        self._decay = 0.5 ** (1 / recipe.average_half_life)
        self._measure, self._preview = measure, preview
        self.average = keras.models.clone_model(generator) if self._is_hinge else generator
        self.average.set_weights(generator.get_weights())

    @property
    def networks(self) -> Networks:
        """The generator that will be handed over."""
        return {"generator": self.average}

    @property
    def kept(self) -> Mapping[str, tf.Module]:
        """Three networks and two optimizers."""
        return {
            "generator": self._generator,
            "discriminator": self._discriminator,
            "average": self.average,
            "generator_optimizer": self._generator_optimizer,
            "discriminator_optimizer": self._discriminator_optimizer,
        }

    @property
    def steps_done(self) -> int:
        """Of the generator."""
        return int(self._generator_optimizer.iterations.numpy())

    @property
    def learning_rate(self) -> float:
        """The generator's; it stays."""
        return self._rate

    def learn(self, batch: Batch) -> Losses:
        """One step of the discriminator, then one of the generator, on the same generated pictures."""
        conditions = {"label": batch["label"]} if "label" in batch else {}
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        with tf.GradientTape() as generator_tape:
            made = self._generator({"latent": batch["latent"], **conditions}, training=True)
            real_numbers, made_numbers = tf.split(batch["augmentation"], 2, axis=1)
            with tf.GradientTape() as discriminator_tape:
                real_scores, real_classes = self._judge(self._seen(batch["image"], real_numbers), conditions)
                made_scores, _ = self._judge(tf.stop_gradient(self._seen(made, made_numbers)), conditions)
                discriminator_loss = self._discriminator_loss(real_scores, made_scores)
                discriminator_loss += self._class_loss(real_classes, conditions)
                discriminator_loss /= replicas
            variables = self._discriminator.trainable_variables
            gradients = discriminator_tape.gradient(discriminator_loss, variables)
            self._discriminator_optimizer.apply_gradients(zip(gradients, variables))
            judged, made_classes = self._judge(self._seen(made, made_numbers), conditions)
            generator_loss = self._generator_loss(judged) + self._class_loss(made_classes, conditions)
            generator_loss /= replicas
        variables = self._generator.trainable_variables
        self._generator_optimizer.apply_gradients(zip(generator_tape.gradient(generator_loss, variables), variables))
        if self._is_hinge:
            self._follow()
        return {"generator_loss": generator_loss * replicas, "discriminator_loss": discriminator_loss * replicas}

    def evaluate(self) -> Mapping[str, float]:
        """Nothing: what a generator is worth is not seen from a few pictures."""
        return {}

    def measure(self) -> Mapping[str, float]:
        """Of the generator that will be handed over."""
        return self._measure(self.networks)

    def preview(self) -> Picture:
        """Of the generator that will be handed over."""
        return self._preview(self.average)

    def _seen(self, pictures: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
        return augment(pictures, numbers) if self._is_hinge else pictures

    def _judge(self, pictures: tf.Tensor, conditions: Batch) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Scores, and scores of classes or None."""
        judged = self._discriminator({"image": pictures, **conditions}, training=True)
        return tuple(judged) if isinstance(judged, (list, tuple)) else (judged, None)

    def _class_loss(self, class_scores: tf.Tensor | None, conditions: Batch) -> tf.Tensor:
        if class_scores is None:
            return tf.constant(0.0)
        return self._class_weight * tf.reduce_mean(
            tf.nn.softmax_cross_entropy_with_logits(conditions["label"], class_scores)
        )

    def _discriminator_loss(self, real: tf.Tensor, made: tf.Tensor) -> tf.Tensor:
        if self._is_hinge:
            return tf.reduce_mean(tf.nn.relu(1 - real)) + tf.reduce_mean(tf.nn.relu(1 + made))
        return tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(made))

    def _generator_loss(self, judged: tf.Tensor) -> tf.Tensor:
        return -tf.reduce_mean(judged) if self._is_hinge else tf.reduce_mean(tf.nn.softplus(-judged))

    def _follow(self) -> None:
        steps = tf.cast(self._generator_optimizer.iterations, tf.float32)
        decay = tf.minimum(self._decay, steps / (steps + _STEPS_TO_FORGET_THE_START))
        for mean, variable in zip(self.average.trainable_variables, self._generator.trainable_variables):
            mean.assign(decay * mean + (1 - decay) * variable)
        for mean, variable in zip(self.average.non_trainable_variables, self._generator.non_trainable_variables):
            mean.assign(variable)
