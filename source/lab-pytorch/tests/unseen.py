"""Wrong answers to the lab, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("torch_layout", replaces=("torch_layout",), hints=("not_turned",))
def not_transposed():
    """The weights are not transposed."""
    right = torch_layout

    def layout(params):
        out = right(params)
        return {k: np.ascontiguousarray(v.T) if k.endswith("weight") else v for k, v in out.items()}

    return layout


@answer("torch_layout", replaces=("torch_layout",), hints=("relu_takes_no_place",))
def places_one_by_one():
    """ReLU's places are not counted: 0, 1, 2 in place of 0, 2, 4."""
    right = torch_layout

    def layout(params):
        return {
            f"{int(k.split('.')[0]) // 2}.{k.split('.')[1]}": v for k, v in right(params).items()
        }

    return layout


@answer("torch_rule", replaces=("torch_rule",), hints=("average_as_a_sum",))
def ema_rate_not_scaled():
    """For ema_momentum the rate is not multiplied by 1 - beta."""
    right = torch_rule

    def rule(rule, config):
        name, s = right(rule, config)
        if rule == "ema_momentum":
            s["lr"] = config["learning_rate"]
        return name, s

    return rule


@answer("torch_rule", replaces=("torch_rule",), hints=("decay_as_a_penalty",))
def adam_with_decay_stays_adam():
    """Decoupled decay is given to Adam, not AdamW."""
    right = torch_rule

    def rule(rule, config):
        name, s = right(rule, config)
        return ("Adam" if name == "AdamW" else name), s

    return rule


@answer("torch_rule", replaces=("torch_rule",), hints=("their_defaults",))
def torch_defaults_left():
    """Defaults are left to PyTorch: where the two differ, the rule differs."""
    right = torch_rule

    def rule(rule, config):
        name, s = right(rule, config)
        if "eps" not in config:
            s.pop("eps", None)
        if rule == "adadelta" and "decay_rate" not in config:
            s.pop("rho", None)
        return name, s

    return rule


@answer("fair_grid", replaces=("grid",), hints=("short_batches_not_counted",))
def steps_rounded_down():
    """The shorter last batch is not counted as a step."""
    right = grid

    def runs(rates, batches, repeats, seed, n, epochs):
        return [
            {**r, "steps": epochs * (n // r["batch"])}
            for r in right(rates, batches, repeats, seed, n, epochs)
        ]

    return runs


@answer("fair_grid", replaces=("best_run",), hints=("epoch_by_test",))
def test_at_its_own_best():
    """The best test accuracy is reported, not the one at dev's best epoch."""
    right = best_run

    def best(table):
        out = right(table)
        rows = [
            r
            for r in table
            if (r["rule"], r["learning_rate"], r["batch"])
            == (out["rule"], out["learning_rate"], out["batch"])
        ]
        test = np.nan_to_num(np.array([r["test"] for r in rows], float)).mean(0)
        out["test"] = float(test.max())
        return out

    return best


@answer("fair_grid", replaces=("best_run",), hints=("spread_not_error",))
def deviation_in_place_of_error():
    """dev_se is the standard deviation: the root of the repeats is missing."""
    right = best_run

    def best(table):
        out = right(table)
        rows = [
            r
            for r in table
            if (r["rule"], r["learning_rate"], r["batch"])
            == (out["rule"], out["learning_rate"], out["batch"])
        ]
        out["dev_se"] *= np.sqrt(len(rows))
        out["dev_se"] = float(out["dev_se"])
        return out

    return best
