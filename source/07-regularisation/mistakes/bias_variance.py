"""Known mistakes and right variants of `bias_variance`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("bias_variance", replaces="bias_variance")
def variance_without_the_square(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your variance has no square, as on D1's slide. What is the mean of the deviations from a mean?"""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    predictions = np.array(predictions)
    average = predictions.mean(axis=0)
    return (average - truth(x_grid)) ** 2, (predictions - average).mean(axis=0), sigma**2


@mistake("bias_variance", replaces="bias_variance")
def standard_deviation_for_variance(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """You return the standard deviation of the predictions, where the variance was asked for: the parts have to add up."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    predictions = np.array(predictions)
    return (predictions.mean(axis=0) - truth(x_grid)) ** 2, predictions.std(axis=0), sigma**2


@mistake("bias_variance", replaces="bias_variance")
def variance_around_the_truth(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your variance is the mean squared distance from the truth, so it holds the bias too. It is measured from the average prediction."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    predictions = np.array(predictions)
    target = truth(x_grid)
    return (
        (predictions.mean(axis=0) - target) ** 2,
        ((predictions - target) ** 2).mean(axis=0),
        sigma**2,
    )


@mistake("bias_variance", replaces="bias_variance")
def variance_over_x(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your variance is taken over x, for each training set. That says how much a prediction varies along the grid; variance says how much it varies from training set to training set, at one x."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    predictions = np.array(predictions)
    spread = np.full(len(x_grid), predictions.var(axis=1).mean(), dtype=predictions.dtype)
    return (predictions.mean(axis=0) - truth(x_grid)) ** 2, spread, sigma**2


@mistake("bias_variance", replaces="bias_variance")
def divided_by_one_less(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your variance divides by n_sets - 1. Here the means divide by n_sets, so that squared bias and variance add up to the mean squared distance from the truth."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    predictions = np.array(predictions)
    average = predictions.mean(axis=0)
    var = ((predictions - average) ** 2).sum(axis=0) / max(n_sets - 1, 1)
    return (average - truth(x_grid)) ** 2, var, sigma**2


@mistake("bias_variance", replaces="bias_variance")
def bias_not_squared(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """You return the bias, not its square."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    predictions = np.array(predictions)
    return predictions.mean(axis=0) - truth(x_grid), predictions.var(axis=0), sigma**2


@mistake("bias_variance", replaces="bias_variance")
def squared_before_averaging(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your `bias2` averages squared errors, so it holds the variance too. Average the predictions first, then take the distance from the truth and square it."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    predictions = np.array(predictions)
    return ((predictions - truth(x_grid)) ** 2).mean(axis=0), predictions.var(axis=0), sigma**2


@mistake("bias_variance", replaces="bias_variance")
def noise_is_sigma(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your `noise` is the standard deviation. All three parts are squares, or they could not be added."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    predictions = np.array(predictions)
    return (predictions.mean(axis=0) - truth(x_grid)) ** 2, predictions.var(axis=0), sigma


@mistake("bias_variance", replaces="bias_variance")
def one_training_set_for_all(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """You draw one training set and fit it again and again. The means are over training sets: draw a new one each time."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
    y = truth(x) + sigma * rng.normal(size=n_train)
    predictions = np.array([fit(x, y, x_grid) for _ in range(n_sets)])
    return (predictions.mean(axis=0) - truth(x_grid)) ** 2, predictions.var(axis=0), sigma**2


@mistake("bias_variance", replaces="bias_variance")
def x_drawn_once(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """You draw the training x once, and only the noise anew. Another training set would have had other x too."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
    predictions = np.array(
        [fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid) for _ in range(n_sets)]
    )
    return (predictions.mean(axis=0) - truth(x_grid)) ** 2, predictions.var(axis=0), sigma**2


@mistake("bias_variance", replaces="bias_variance")
def training_sets_without_noise(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your training sets hold the truth itself. What is observed is the truth plus noise."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        predictions.append(fit(x, truth(x), x_grid))
    predictions = np.array(predictions)
    return (predictions.mean(axis=0) - truth(x_grid)) ** 2, predictions.var(axis=0), sigma**2


@mistake("bias_variance", replaces="bias_variance")
def noise_scaled_by_the_variance(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """The noise in your training sets is scaled by sigma squared. sigma is its standard deviation."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        predictions.append(fit(x, truth(x) + sigma**2 * rng.normal(size=n_train), x_grid))
    predictions = np.array(predictions)
    return (predictions.mean(axis=0) - truth(x_grid)) ** 2, predictions.var(axis=0), sigma**2


@mistake("bias_variance", replaces="bias_variance")
def training_x_from_the_grid(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your training x are points of the grid. They should lie anywhere between its smallest and its largest point."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.choice(x_grid, n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    predictions = np.array(predictions)
    return (predictions.mean(axis=0) - truth(x_grid)) ** 2, predictions.var(axis=0), sigma**2


@mistake("bias_variance", replaces="choose_penalty")
def chosen_by_the_training_set(penalties, learn, error, train, dev, test):
    """You choose by the error on the training set. The smallest penalty nearly always wins there: what was learned from cannot judge."""
    if len(penalties) == 0:
        raise ValueError("penalties is empty")
    models = [learn(*train, penalty) for penalty in penalties]
    best = int(np.argmin([error(model, *train) for model in models]))
    return (
        penalties[best],
        np.array([error(model, *dev) for model in models]),
        error(models[best], *test),
    )


@mistake("bias_variance", replaces="choose_penalty")
def chosen_by_the_test_set(penalties, learn, error, train, dev, test):
    """You choose on the test set, so you report the result of the luckiest candidate. Choose on the dev set."""
    if len(penalties) == 0:
        raise ValueError("penalties is empty")
    models = [learn(*train, penalty) for penalty in penalties]
    errors = [error(model, *test) for model in models]
    best = int(np.argmin(errors))
    return penalties[best], np.array([error(model, *dev) for model in models]), errors[best]


@mistake("bias_variance", replaces="choose_penalty")
def peeks_at_the_test_set(penalties, learn, error, train, dev, test):
    """You take the test error of every candidate, though only that of the chosen one is needed. A set that one has looked at is soon a set that one has chosen by."""
    if len(penalties) == 0:
        raise ValueError("penalties is empty")
    models = [learn(*train, penalty) for penalty in penalties]
    dev_errors = np.array([error(model, *dev) for model in models])
    test_errors = [error(model, *test) for model in models]
    best = int(np.argmin(dev_errors))
    return penalties[best], dev_errors, test_errors[best]


@mistake("bias_variance", replaces="choose_penalty")
def dev_error_reported(penalties, learn, error, train, dev, test):
    """You report the dev error of the winner. It was chosen for being low on this very set; the test set is there to report by."""
    if len(penalties) == 0:
        raise ValueError("penalties is empty")
    models = [learn(*train, penalty) for penalty in penalties]
    dev_errors = np.array([error(model, *dev) for model in models])
    best = int(np.argmin(dev_errors))
    return penalties[best], dev_errors, float(dev_errors[best])


@mistake("bias_variance", replaces="choose_penalty")
def last_model_reported(penalties, learn, error, train, dev, test):
    """You report the test error of the model that was learned last, not of the one that was chosen."""
    if len(penalties) == 0:
        raise ValueError("penalties is empty")
    dev_errors = []
    for penalty in penalties:
        model = learn(*train, penalty)
        dev_errors.append(error(model, *dev))
    return penalties[int(np.argmin(dev_errors))], np.array(dev_errors), error(model, *test)


@mistake("bias_variance", replaces="choose_penalty")
def learned_from_the_dev_set_too(penalties, learn, error, train, dev, test):
    """You learn from training and dev set together and then judge on the dev set, which the models have seen. Learn from the training set alone."""
    if len(penalties) == 0:
        raise ValueError("penalties is empty")
    both = [np.concatenate(parts) for parts in zip(train, dev, strict=True)]
    models = [learn(*both, penalty) for penalty in penalties]
    dev_errors = np.array([error(model, *dev) for model in models])
    best = int(np.argmin(dev_errors))
    return penalties[best], dev_errors, error(models[best], *test)


@mistake("bias_variance", replaces="choose_penalty")
def learned_again_from_both(penalties, learn, error, train, dev, test):
    """After the choice you learn again, from training and dev set together. That can be a good idea, but the model you report is then not the one that was chosen."""
    if len(penalties) == 0:
        raise ValueError("penalties is empty")
    dev_errors = np.array([error(learn(*train, penalty), *dev) for penalty in penalties])
    best = penalties[int(np.argmin(dev_errors))]
    both = [np.concatenate(parts) for parts in zip(train, dev, strict=True)]
    return best, dev_errors, error(learn(*both, best), *test)


@mistake("bias_variance", replaces="choose_penalty")
def place_for_the_penalty(penalties, learn, error, train, dev, test):
    """You return the place of the best penalty in the list. The penalty itself was asked for."""
    if len(penalties) == 0:
        raise ValueError("penalties is empty")
    models = [learn(*train, penalty) for penalty in penalties]
    dev_errors = np.array([error(model, *dev) for model in models])
    best = int(np.argmin(dev_errors))
    return best, dev_errors, error(models[best], *test)


@mistake("bias_variance", replaces="bias_variance")
def one_noise_for_all_sets(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """You draw the noise once, before the loop, and all training sets share it. Then what they have in common by chance is taken for bias. Draw it anew for each."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(
            f"n_sets is {n_sets} and sigma is {sigma}, expected n_sets >= 1 and sigma >= 0"
        )
    noise = sigma * rng.normal(size=n_train)
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(np.min(x_grid), np.max(x_grid), n_train)
        predictions.append(fit(x, truth(x) + noise, x_grid))
    average = np.mean(predictions, axis=0)
    return (
        (average - truth(x_grid)) ** 2,
        np.mean((np.array(predictions) - average) ** 2, axis=0),
        sigma**2,
    )


@mistake("bias_variance", replaces="choose_penalty")
def candidates_put_in_order(penalties, learn, error, train, dev, test):
    """You sort the penalties first, so that your `dev_errors` belong to another order than the caller's, and of equals you take the smallest. Leave them as they come."""
    if len(penalties) == 0:
        raise ValueError("penalties is empty, expected at least one")
    penalties = sorted(penalties)
    models = [learn(*train, penalty) for penalty in penalties]
    dev_errors = np.array([error(model, *dev) for model in models])
    best = int(np.argmin(dev_errors))
    return penalties[best], dev_errors, error(models[best], *test)


@mistake("bias_variance", replaces="bias_variance")
def bias_from_the_noisy_data(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your `bias2` is the distance from the truth plus noise. The truth itself, `truth(x_grid)`, is what the average is compared with."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(np.min(x_grid), np.max(x_grid), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    average = np.mean(predictions, axis=0)
    noisy = (truth(x_grid) + sigma * rng.normal(size=x_grid.shape)).astype(x_grid.dtype)
    return (average - noisy) ** 2, np.mean((np.array(predictions) - average) ** 2, axis=0), sigma**2


@mistake("bias_variance", replaces="bias_variance")
def uniform_noise(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """The noise in your training sets is uniform. Normal noise is asked for."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(np.min(x_grid), np.max(x_grid), n_train)
        predictions.append(
            fit(x, truth(x) + sigma * rng.uniform(-(3**0.5), 3**0.5, size=n_train), x_grid)
        )
    average = np.mean(predictions, axis=0)
    return (
        (average - truth(x_grid)) ** 2,
        np.mean((np.array(predictions) - average) ** 2, axis=0),
        sigma**2,
    )


@mistake("bias_variance", replaces="bias_variance")
def range_by_the_ends(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your training x lie between the first and the last point of the grid. The grid need not be in order: take its smallest and its largest."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = x_grid[0] + (x_grid[-1] - x_grid[0]) * rng.random(n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    average = np.mean(predictions, axis=0)
    return (
        (average - truth(x_grid)) ** 2,
        np.mean((np.array(predictions) - average) ** 2, axis=0),
        sigma**2,
    )


@mistake("bias_variance", replaces="bias_variance")
def noise_in_the_variance(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Your `var` has the noise's variance in it. The three parts are returned apart."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(np.min(x_grid), np.max(x_grid), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    average = np.mean(predictions, axis=0)
    return (average - truth(x_grid)) ** 2, np.var(predictions, axis=0) + sigma**2, sigma**2


@mistake("bias_variance", replaces="bias_variance")
def a_mean_over_the_grid(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """You average squared bias and variance over the grid. One number for each point of it is asked for."""
    if n_sets < 1 or not sigma >= 0:
        raise ValueError(f"n_sets is {n_sets} and sigma is {sigma}")
    predictions = []
    for _ in range(n_sets):
        x = rng.uniform(np.min(x_grid), np.max(x_grid), n_train)
        predictions.append(fit(x, truth(x) + sigma * rng.normal(size=n_train), x_grid))
    average = np.mean(predictions, axis=0)
    return (
        np.mean((average - truth(x_grid)) ** 2),
        np.mean((np.array(predictions) - average) ** 2),
        sigma**2,
    )


@mistake("bias_variance", replaces="choose_penalty")
def the_largest_error_wins(penalties, learn, error, train, dev, test):
    """You choose the candidate with the largest dev error. The lower an error, the better."""
    if len(penalties) == 0:
        raise ValueError("no penalties")
    models = [learn(*train, penalty) for penalty in penalties]
    dev_errors = np.array([error(model, *dev) for model in models])
    best = int(np.argmax(dev_errors))
    return penalties[best], dev_errors, error(models[best], *test)


@mistake("bias_variance", replaces="choose_penalty")
def of_equals_the_last(penalties, learn, error, train, dev, test):
    """Of equal candidates you take the last one. The first of them is asked for: compare with `<`, or use `np.argmin`."""
    if len(penalties) == 0:
        raise ValueError("no penalties")
    models = [learn(*train, penalty) for penalty in penalties]
    dev_errors = np.array([error(model, *dev) for model in models])
    best = len(penalties) - 1 - int(np.argmin(dev_errors[::-1]))
    return penalties[best], dev_errors, error(models[best], *test)


@mistake("bias_variance", replaces="choose_penalty")
def errors_in_a_list(penalties, learn, error, train, dev, test):
    """Your `dev_errors` are a list. An array is asked for."""
    if len(penalties) == 0:
        raise ValueError("no penalties")
    models = [learn(*train, penalty) for penalty in penalties]
    dev_errors = [error(model, *dev) for model in models]
    best = int(np.argmin(dev_errors))
    return penalties[best], dev_errors, error(models[best], *test)


@mistake(
    "bias_variance",
    replaces="choose_penalty",
    change={
        'raise ValueError("penalties is empty, expected at least one")': "return None, np.array([]), 0.0"
    },
)
def no_candidates_is_fine():
    """Without any penalties you return something, or raise another error. A ValueError is asked for."""


@variant("bias_variance", replaces=("bias_variance", "choose_penalty"))
def second_moments():
    """The variance as the mean of squares less the square of the mean; the best one found in a loop, and learned again."""

    def estimate(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
        if n_sets <= 0:
            raise ValueError(f"n_sets must be positive, got {n_sets}")
        if sigma < 0:
            raise ValueError(f"sigma must not be negative, got {sigma}")
        low, width = np.min(x_grid), np.ptp(x_grid)
        first = None
        total, squares = np.zeros_like(x_grid), np.zeros_like(x_grid)
        for _ in range(n_sets):
            y = rng.normal(0.0, sigma, size=n_train) if sigma else np.zeros(n_train)
            x = low + width * rng.random(n_train)
            p = fit(x, y + truth(x), x_grid)
            first = p if first is None else first
            total += p - first
            squares += (p - first) ** 2
        mean = total / n_sets
        return (
            np.square(mean + first - truth(x_grid)),
            np.maximum(squares / n_sets - mean**2, 0),
            sigma * sigma,
        )

    def choose(penalties, learn, error, train, dev, test):
        if not len(penalties):
            raise ValueError("no penalties to choose from")
        errors = []
        for penalty in penalties:
            errors.append(error(learn(train[0], train[1], penalty), dev[0], dev[1]))
        best = penalties[errors.index(min(errors))]
        return best, np.asarray(errors), error(learn(train[0], train[1], best), test[0], test[1])

    return estimate, choose


@variant("bias_variance", replaces="bias_variance")
def all_data_drawn_first(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """Draws all training sets at once, then fits; np.var."""
    if n_sets < 1:
        raise ValueError(f"n_sets={n_sets}")
    if not sigma >= 0:
        raise ValueError(f"sigma={sigma}")
    x = rng.uniform(min(x_grid), max(x_grid), size=(n_sets, n_train))
    y = truth(x) + rng.normal(scale=sigma, size=x.shape)
    predictions = np.stack([fit(a, b, x_grid) for a, b in zip(x, y, strict=True)])
    return np.square(truth(x_grid) - predictions.mean(0)), np.var(predictions, 0), sigma**2


@variant("bias_variance", replaces="choose_penalty")
def by_sorting(penalties, learn, error, train, dev, test):
    """One comprehension, a stable sort."""
    table = [
        (penalty, model, error(model, *dev))
        for penalty in penalties
        for model in [learn(*train, penalty)]
    ]
    if not table:
        raise ValueError("empty penalties")
    best, model, _ = sorted(table, key=lambda row: row[2])[0]
    return best, np.array([row[2] for row in table]), error(model, *test)


@variant("bias_variance", replaces=("bias_variance", "choose_penalty"))
def a_running_mean_and_variance():
    """Welford's running mean and variance, so that no prediction is kept; candidates in a class that can be compared."""

    def estimate(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
        if n_sets < 1:
            raise ValueError(f"{n_sets} sets")
        if sigma < 0:
            raise ValueError(f"a standard deviation of {sigma}")
        mean, spread = 0, 0
        low, high = x_grid.min(), x_grid.max()
        for count in range(1, n_sets + 1):
            x = low + (high - low) * rng.random(n_train)
            predicted = fit(x, truth(x) + rng.normal(0, 1, n_train) * sigma, x_grid)
            step = predicted - mean
            mean = mean + step / count
            spread = spread + step * (predicted - mean)
        return np.square(mean - truth(x_grid)), spread / n_sets, sigma * sigma

    class Candidate:
        def __init__(self, penalty, learn, error, train, dev):
            self.penalty, self.model = penalty, learn(train[0], train[1], penalty)
            self.dev_error = error(self.model, dev[0], dev[1])

        def __lt__(self, other):
            return self.dev_error < other.dev_error

    def choose(penalties, learn, error, train, dev, test):
        candidates = [Candidate(penalty, learn, error, train, dev) for penalty in penalties]
        if not candidates:
            raise ValueError("no candidates")
        best = candidates[0]
        for candidate in candidates[1:]:
            best = candidate if candidate < best else best
        return (
            best.penalty,
            np.array([candidate.dev_error for candidate in candidates]),
            error(best.model, test[0], test[1]),
        )

    return estimate, choose
