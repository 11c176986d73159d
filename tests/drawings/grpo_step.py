"""Chapter 12: one step of GRPO, from a prompt to the gradient."""

from shared import plot

d = plot.Drawing(
    alt="A prompt goes into the model, which draws four answers: 7, 8, 7, 34. The "
    "right ones get the reward 1, the others 0. The advantage compares each with its "
    "group: +1 and -1. From all four comes the loss, whose gradient moves the model."
)
prompt = d.box("prompt\n3 + 4?", at=(0, 2.5), size=(1.8, 1.4), color="token")
model = d.box("model", at=(2.8, 2.7), size=(1.7, 1), color="trained")
loss = d.box("loss", at=(10.3, 2.7), size=(1.6, 1), color="loss")
d.arrow(prompt, model)
for i, (answer, reward) in enumerate([("7", 1), ("8", 0), ("7", 1), ("34", 0)]):
    cells = [answer, reward, "+1" if reward else "−1"]
    colors = ["token", "reward", "plain"]
    drawn = d.row(cells, at=(5.3, 0.8 + 1.4 * i), color=colors, cell=1.45)
    d.arrow(model, drawn, way="right")
    d.arrow(drawn, loss, way="right")
for cell, word in zip(drawn, ["answer", "reward", "advantage"]):
    d.text(word, at=(cell.x, 0.36), small=True)
d.arrow(loss, model, "gradient", via=[(loss.x, 6.6), (model.x, 6.6)], color="loss")
d.show()
