"""Examples of every verb: shown at the end of its help, and run by the tests as they stand."""

EXAMPLES = {
    "": """
See the whole story on small digits, offline:
  deepcheck demo
Which pixels alone change what your network sees in a picture?
  deepcheck attack model.onnx image.png
""",
    "demo": """
Pictures and results in deepcheck-demo:
  deepcheck demo
In a folder of your choice, and as JSON:
  deepcheck demo --out first-look --json
""",
    "info": """
What a model of yours is, read as a program:
  deepcheck info model.onnx
Its instructions, one a line:
  deepcheck info digits_10x4 --program
""",
    "importance": """
The top 5 % of the pixels of a digit:
  deepcheck importance digits_10x4 digits:test:7
The ten top ones, drawn:
  deepcheck importance model.onnx image.png --top 10 --plot important.png
By the largest margin that each alone can cause:
  deepcheck importance model.onnx image.png --metric reach
""",
    "attack": """
Which single pixels overturn the prediction?
  deepcheck attack model.onnx image.png --plot attack.png
Which pairs, whatever path the network takes? Stopped, it goes on later:
  deepcheck attack model.onnx image.png --size 2 --paths all --state s.json
How few pixels are enough?
  deepcheck attack digits_10x4 digits:test:7 --size smallest --paths all
Evidence that others can check:
  deepcheck attack model.onnx image.png --certificate evidence.json.gz
""",
    "explore": """
All paths of three pixels changed together:
  deepcheck explore digits_10x4 digits:test:7 --features 10,21,44
For at most a minute:
  deepcheck explore model.onnx image.png --features 10,21,44 --timeout 60
""",
    "labels": """
Which labels do two pixels reach?
  deepcheck labels digits_10x4 digits:test:7 --size 2
And with only these five pixels?
  deepcheck labels model.onnx image.png --features 10,20,21,29,44
""",
    "map": """
The labels over the values of two pixels:
  deepcheck map digits_10x4 digits:test:7 --features 21,44
The same as a picture:
  deepcheck map model.onnx image.png --features 21,44 --plot map.png
""",
    "translate": """
A network in C:
  deepcheck translate model.onnx --to c -o network.c
A question about three pixels, for an SMT solver:
  deepcheck translate model.onnx image.png --to smtlib --features 10,21,44
The same for every path, for a verifier:
  deepcheck translate model.onnx image.png --to vnnlib --features 10,21,44
""",
    "check": """
Does this evidence hold for this model?
  deepcheck check evidence.json.gz --model model.onnx
For a script:
  deepcheck check evidence.json.gz --model model.onnx --json
""",
    "grade": """
How good is a ranking of yours?
  deepcheck grade model.onnx image.png --scores scores.npy
How good is coi on 20 digits?
  deepcheck grade digits_10x4 digits --metric coi --images 20
""",
    "run": """
Which pixels alone overturn five digits, along the path and along any?
  deepcheck run digits_10x4 digits --images 5 --out digits-run
How few pixels overturn each of them?
  deepcheck run digits_10x4 digits --minimal --images 5 --out digits-run
""",
    "report": """
A page to look at and to pass on:
  deepcheck report digits-run -o report.html
With each picture as a file of its own:
  deepcheck report digits-run -o report.html --png pictures
""",
    "reproduce": """
The paper's figure 1:
  deepcheck reproduce figure1 --out results
Its first table, from fewer images:
  deepcheck reproduce table1 --quick --out results
""",
    "text": """
Which words decide?
  deepcheck text importance "a bad film with a good cast"
Which few words overturn it?
  deepcheck text attack "a bad film with a good cast"
""",
    "text importance": """
Which words decide?
  deepcheck text importance "a bad film with a good cast"
Of each line of a file:
  deepcheck text importance --file reviews.txt --top 3
""",
    "text attack": """
The fewest words that overturn the label:
  deepcheck text attack "a bad film with a good cast"
Only by words near in meaning:
  deepcheck text attack "a bad film with a good cast" --nearest 8
Of each line of a file, as a page:
  deepcheck text attack --file reviews.txt --most 1 --html page.html
""",
    "text prove": """
Does any one word overturn the label?
  deepcheck text prove "a bad film with a good cast"
Any two of the 8 nearest?
  deepcheck text prove "a bad film with a good cast" --size 2 --nearest 8
""",
}
"""By verb, the words that call it: what is asked, and below it, indented, the command line.

model.onnx, image.png and the like are files of the user's own.
"""


def epilog(verb: str) -> str | None:
    """The examples of a verb, as the end of its help; None where there are none."""
    found = EXAMPLES.get(verb)
    return None if found is None else "\b\nExamples:\n" + "\n".join(f"  {line}" for line in found.strip().splitlines())


def commands(verb: str) -> list[str]:
    """The command lines among them."""
    return [line.strip() for line in EXAMPLES.get(verb, "").splitlines() if line.startswith("  ")]
