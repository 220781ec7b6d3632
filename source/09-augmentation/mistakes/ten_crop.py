"""Known mistakes and right variants of `ten_crop`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("ten_crop", replaces="ten_crop")
def flipped_upside_down(x, size):
    """Your last five crops are upside down. Mirror images are flipped from left to right."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    bottom, right = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])}")
    places = ((0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2))
    crops = np.stack([x[:, top : top + size, left : left + size] for top, left in places])
    return np.concatenate([crops, crops[:, :, ::-1]])


@mistake("ten_crop", replaces="ten_crop")
def the_same_five_twice(x, size):
    """Your last five crops are the first five again. They should be mirror images."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    bottom, right = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])}")
    places = ((0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2))
    crops = np.stack([x[:, top : top + size, left : left + size] for top, left in places])
    return np.concatenate([crops, crops])


@mistake("ten_crop", replaces="ten_crop")
def crops_of_the_mirrored_picture(x, size):
    """Your last five are the corners of the mirrored picture, which are mirror images of other crops: left and right have changed places. Mirror the five, in their order."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    bottom, right = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])}")
    places = ((0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2))
    return np.stack(
        [
            picture[:, top : top + size, left : left + size]
            for picture in (x, x[:, :, ::-1])
            for top, left in places
        ]
    )


@mistake("ten_crop", replaces="ten_crop")
def height_and_width_swapped(x, size):
    """You take the height for the width: in pictures that are not square, your corners are not in the corners."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    right, bottom = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])}")
    places = ((0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2))
    crops = np.stack(
        [
            x[:, min(top, x.shape[1] - size) :, min(left, x.shape[2] - size) :][:, :size, :size]
            for top, left in places
        ]
    )
    return np.concatenate([crops, crops[:, :, :, ::-1]])


@mistake("ten_crop", replaces="ten_crop")
def centre_rounded_up(x, size):
    """Your centre begins one pixel late where the rest is odd: (H - size) // 2."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    bottom, right = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])}")
    places = (
        (0, 0),
        (0, right),
        (bottom, 0),
        (bottom, right),
        ((bottom + 1) // 2, (right + 1) // 2),
    )
    crops = np.stack([x[:, top : top + size, left : left + size] for top, left in places])
    return np.concatenate([crops, crops[:, :, :, ::-1]])


@mistake("ten_crop", replaces="ten_crop")
def pictures_first(x, size):
    """You put the pictures first and the ten crops second. The result is (10, N, …)."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    bottom, right = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])}")
    places = ((0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2))
    crops = np.stack([x[:, top : top + size, left : left + size] for top, left in places], axis=1)
    return np.concatenate([crops, crops[:, :, :, ::-1]], axis=1)


@mistake("ten_crop", replaces="tta_predict")
def most_votes(predict, x, size):
    """You let each crop vote for one class. That throws away how sure it is: average the probabilities."""
    p = np.array([predict(patches) for batch in x for patches in ten_crop(batch, size)])
    votes = p.argmax(axis=2)
    return np.mean(votes[..., None] == np.arange(p.shape[2]), axis=0)


@mistake("ten_crop", replaces="tta_predict")
def logarithms_averaged(predict, x, size):
    """You average the logarithms, which lets one crop that is sure of "no" overrule all the others. The mean is over the probabilities themselves."""
    p = np.array([predict(patches) for batch in x for patches in ten_crop(batch, size)])
    p = np.exp(np.mean(np.log(p + 1e-300), axis=0))
    return p / p.sum(axis=1, keepdims=True)


@mistake("ten_crop", replaces="tta_predict", change={"np.mean": "np.sum"})
def never_divided():
    """You add the probabilities up and do not divide by their number."""


@mistake("ten_crop", replaces="ten_crop")
def column_by_column(x, size):
    """Your second crop is the lower left corner and your third the upper right one. First come the two upper ones, then the two lower ones."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    bottom, right = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])}")
    places = ((0, 0), (bottom, 0), (0, right), (bottom, right), (bottom // 2, right // 2))
    crops = np.stack([x[:, top : top + size, left : left + size] for top, left in places])
    return np.concatenate([crops, crops[:, :, :, ::-1]])


@mistake("ten_crop", replaces="ten_crop")
def centre_first(x, size):
    """You begin with the centre. It is the last one of the five."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    bottom, right = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])}")
    places = ((bottom // 2, right // 2), (0, 0), (0, right), (bottom, 0), (bottom, right))
    crops = np.stack([x[:, top : top + size, left : left + size] for top, left in places])
    return np.concatenate([crops, crops[:, :, :, ::-1]])


@mistake("ten_crop", replaces="tta_predict")
def divided_by_ten(predict, x, size):
    """You divide by ten, however many scales there are. How many answers did you add up?"""
    return (
        np.sum([predict(patches) for batch in x for patches in ten_crop(batch, size)], axis=0) / 10
    )


@mistake(
    "ten_crop",
    replaces="tta_predict",
    change={
        "[predict(patches) for batch in x for patches in ten_crop(batch, size)]": "[predict(patches) for patches in ten_crop(x[0], size)]"
    },
)
def first_scale_only():
    """You look at the first scale only. All of them have a say."""


@mistake("ten_crop", replaces="tta_predict")
def pictures_mixed_up(predict, x, size):
    """You run all crops at once and cut the result into pieces of ten, but they come crop by crop, not picture by picture: each mean is over several pictures."""
    p = []
    for batch in x:
        crops = ten_crop(batch, size)
        p.append(
            predict(crops.reshape(-1, *crops.shape[2:])).reshape(len(batch), 10, -1).mean(axis=1)
        )
    return np.mean(p, axis=0)


@mistake("ten_crop", replaces="tta_predict", change={"np.mean": "np.max"})
def the_surest_crop():
    """You take, for each class, the crop that believes in it most. These maxima do not add up to 1; average instead."""


@mistake("ten_crop", replaces="ten_crop")
def pairs_instead_of_fives(x, size):
    """You put each crop's mirror image straight behind it. First come the five crops, then the five mirror images."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    bottom, right = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])}")
    places = ((0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2))
    crops = [x[:, top : top + size, left : left + size] for top, left in places]
    return np.stack([picture for crop in crops for picture in (crop, crop[:, :, ::-1])])


@mistake("ten_crop", replaces="ten_crop")
def centre_by_two_halves(x, size):
    """Your centre begins at H // 2 - size // 2, which is one pixel late where H is even and `size` odd: (H - size) // 2."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    bottom, right = x.shape[1] - size, x.shape[2] - size
    if size < 1 or min(bottom, right) < 0:
        raise ValueError(f"size is {size}, expected 1 to {min(x.shape[1:3])}")
    middle = (min(x.shape[1] // 2 - size // 2, bottom), min(x.shape[2] // 2 - size // 2, right))
    places = ((0, 0), (0, right), (bottom, 0), (bottom, right), middle)
    crops = np.stack([x[:, top : top + size, left : left + size] for top, left in places])
    return np.concatenate([crops, crops[:, :, :, ::-1]])


@mistake(
    "ten_crop",
    replaces="tta_predict",
    change={"ten_crop(batch, size)": "ten_crop(batch, size)[:5]"},
)
def mirror_images_not_asked():
    """You average over the first five crops only. The mirror images have a say, too."""


@variant("ten_crop", replaces=("ten_crop", "tta_predict"))
def one_array_and_one_call():
    """Filled into an empty array; all crops of a scale in one call of predict."""

    def ten_crop(x, size):
        if x.ndim != 4 or size < 1 or size > min(x.shape[1], x.shape[2]):
            raise ValueError(f"size {size} for x of shape {x.shape}")
        n, h, w, c = x.shape
        out = np.empty((10, n, size, size, c), x.dtype)
        out[0] = x[:, :size, :size]
        out[1] = x[:, :size, w - size :]
        out[2] = x[:, h - size :, :size]
        out[3] = x[:, h - size :, w - size :]
        i, j = (h - size) // 2, (w - size) // 2
        out[4] = x[:, i : i + size, j : j + size]
        out[5:] = np.flip(out[:5], axis=-2)
        return out

    def tta_predict(predict, x, size):
        total, count = 0, 0
        for batch in x:
            crops = ten_crop(batch, size)
            p = predict(crops.reshape(-1, size, size, crops.shape[-1]))
            total = total + p.reshape(10, len(batch), -1).sum(axis=0)
            count += 10
        return total / count

    return ten_crop, tta_predict


@variant("ten_crop", replaces=("ten_crop", "tta_predict"))
def windows_and_a_mean_of_means():
    """Corners out of sliding windows; the mean of the scales' means."""

    def ten_crop(x, size):
        if x.ndim != 4:
            raise ValueError(f"x {x.shape}")
        if not 0 < size <= min(x.shape[1:3]):
            raise ValueError(f"size {size}")
        windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2)).transpose(
            0, 1, 2, 4, 5, 3
        )
        i, j = (windows.shape[1] - 1) // 2, (windows.shape[2] - 1) // 2
        five = np.array(
            [
                windows[:, 0, 0],
                windows[:, 0, -1],
                windows[:, -1, 0],
                windows[:, -1, -1],
                windows[:, i, j],
            ]
        )
        return np.vstack([five, five[..., ::-1, :]])

    def tta_predict(predict, x, size):
        means = []
        for batch in x:
            means.append(
                np.mean(
                    [predict(np.ascontiguousarray(crop)) for crop in ten_crop(batch, size)], axis=0
                )
            )
        return sum(means) / len(means)

    return ten_crop, tta_predict


@variant("ten_crop", replaces=("ten_crop", "tta_predict"))
def all_ten_by_one_index():
    """Rows and columns of all ten at once, those of the mirror images backwards; a running mean over the answers."""

    def ten_crop(x, size):
        if x.ndim != 4:
            raise ValueError(f"expected four axes, got {x.shape}")
        h, w = x.shape[1], x.shape[2]
        if not (1 <= size and size <= h and size <= w):
            raise ValueError(f"expected a size up to {min(h, w)}, got {size}")
        low, right = h - size, w - size
        top = np.array([0, 0, low, low, low // 2])
        left = np.array([0, right, 0, right, right // 2])
        rows = np.tile(top[:, None] + np.arange(size), (2, 1))
        columns = left[:, None] + np.arange(size)
        columns = np.concatenate([columns, columns[:, ::-1]])
        return x[:, rows[:, :, None], columns[:, None, :]].swapaxes(0, 1)

    def tta_predict(predict, x, size):
        seen, mean = 0, 0.0
        for batch in x:
            for crop in ten_crop(batch, size):
                seen += 1
                mean = mean + (predict(crop) - mean) / seen
        return mean

    return ten_crop, tta_predict


@variant("ten_crop", replaces=("ten_crop", "tta_predict"))
def a_class_of_views():
    """A class that gives slices; everything is asked about in one single call, all scales together."""

    class Views:
        def __init__(self, x, size):
            if x.ndim != 4:
                raise ValueError(f"x is {x.shape}")
            if size <= 0 or size > x.shape[1] or size > x.shape[2]:
                raise ValueError(f"size is {size}")
            self.x, self.size = x, size

        def one(self, vertical, horizontal):
            ends = [(side - self.size, side) for side in self.x.shape[1:3]]
            cuts = {
                0: lambda end, side: slice(None, self.size),
                1: lambda end, side: slice(end, side),
                2: lambda end, side: slice(
                    (side - self.size) // 2, (side - self.size) // 2 + self.size
                ),
            }
            return self.x[:, cuts[vertical](*ends[0]), cuts[horizontal](*ends[1])]

        def all(self):
            five = [self.one(*place) for place in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]]
            return np.asarray(five + [np.flip(one, 2) for one in five])

    def ten_crop(x, size):
        return Views(x, size).all()

    def tta_predict(predict, x, size):
        crops = np.concatenate([ten_crop(batch, size) for batch in x])
        views, n = crops.shape[:2]
        answers = predict(crops.reshape((views * n, *crops.shape[2:]))).reshape(views, n, -1)
        return np.einsum("vnk->nk", answers) / views

    return ten_crop, tta_predict
