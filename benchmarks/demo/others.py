"""The demo's smaller collections: some versions each, in every registry."""

from . import publishing
from .samples import make_sample

# First version days ago, days between, versions, who, team, collection, type, card, tag.
COLLECTIONS = (
    (264, 38, 6, "tomas", "Language", "Tokenizers/Support_Tokens", "tokenizer", "Tokens of support calls.", "support"),
    (212, 60, 3, "yuki", "Language", "Tokenizers/Bill_Words", "vocabulary", "The words that bills use.", "billing"),
    (263, 31, 8, "noor", "Language", "Models/Call_Router", "model", "Sends a call to the right desk.", "support"),
    (190, 45, 4, "tomas", "Language", "Models/Bill_Reader", "model", "Reads scanned bills.", "billing"),
    (258, 66, 4, "lena", "Evaluation", "Datasets/Support_Calls", "dataset", "Calls without names.", "support"),
    (140, 50, 3, "greta", "Evaluation", "Datasets/Scanned_Bills", "dataset", "Bills, with their fields.", "billing"),
    (239, 46, 5, "kofi", "Retention", "Datasets/Usage_Table", "feature-table", "How much customers use.", "usage"),
    (257, 52, 5, "kofi", "Retention", "Feature_Store_Exports/Usage", "dataset", "Usage, as it is exported.", "usage"),
    (254, 44, 5, "lena", "Evaluation", "Benchmark_Datasets/Routing_Cases", "eval-suite", "Calls and desks.", "support"),
    (222, 73, 3, "greta", "Evaluation", "Benchmark_Datasets/Answers", "dataset", "Good answers.", "support"),
    (252, 84, 3, "jon", "Retention", "Golden Datasets/Fee_Checks", "dataset", "Bills checked twice.", "billing"),
    (233, 58, 4, "yuki", "Language", "Prompt_Library/Support_Reply", "prompt", "How a reply begins.", "support"),
    (171, 51, 3, "diego", "Language", "Prompt_Library/Summaries", "prompt", "How a call is summed up.", "support"),
    (242, 39, 6, "ines", "Safety", "Safety_Classifiers/Abuse_Filter", "model", "Finds abuse in chats.", "chat"),
    (199, 64, 3, "amina", "Safety", "Safety_Classifiers/Abuse_Cases", "eval-suite", "Chats to test it with.", "chat"),
    (238, 57, 4, "omar", "Safety", "Red_Team_Findings/Chat_Attacks", "dataset", "Chats that got past.", "chat"),
    (130, 58, 3, "amina", "Safety", "Red_Team_Findings/Reviews", "report", "What a month showed.", "chat"),
    (221, 52, 4, "noor", "Language", "Fine_Tuned_Models/Reply_Adapter", "adapter", "Our tone in replies.", "support"),
    (200, 66, 3, "diego", "Language", "Speech_Corpora/Hotline", "transcript", "Calls, with consent.", "support"),
    (228, 55, 4, "jon", "Retention", "Evaluation_Reports/Usage_Reports", "report", "Whether it is whole.", "usage"),
)
# Days ago, who, collection, version, alias, reason.
MOVES = (
    (230, "noor", "Models/Call_Router", 1, "candidate", "Trained on the new tokens."),
    (201, "tomas", "Models/Call_Router", 2, "staging", "To see it with the calls of a week."),
    (193, "ada", "Models/Call_Router", 2, "production", "Passed the routing cases."),
    (105, "yuki", "Models/Call_Router", 5, "candidate", "The desk for bills is new in it."),
    (72, "tomas", "Models/Call_Router", 6, "staging", "To see it with the calls of a week."),
    (61, "rob", "Models/Call_Router", 6, "production", "Passed the routing cases."),
    (54, "pavel", "Models/Bill_Reader", 3, "candidate", "Reads the new form."),
    (150, "mel", "Tokenizers/Support_Tokens", 2, "stable", "Call_Router is trained on it."),
    (66, "noor", "Tokenizers/Support_Tokens", 5, "stable", "Call_Router is trained on it."),
    (87, "ines", "Safety_Classifiers/Abuse_Filter", 3, "staging", "Fewer false alarms."),
    (34, "ines", "Safety_Classifiers/Abuse_Filter", 5, "production", "Signed off with the team Safety."),
    (36, "hana", "Benchmark_Datasets/Routing_Cases", 4, "current", "All suites use it."),
)


def steps(folder):
    """(days ago, function, arguments) of each; the files are made in `folder`."""
    found = [step for row in COLLECTIONS for step in _of_collection(folder, *row)]
    return [*found, *((days, publishing.set_alias, *facts) for days, *facts in MOVES)]


def _of_collection(folder, first, between, count, who, owner, path, type_name, card, tag):
    yield first, publishing.create, who, path, type_name, card, [tag]
    artifact = path.split("/")[1].lower()
    for number in range(count):
        made = make_sample(folder, artifact, type_name, number)
        yield first - between * number, publishing.publish, who, owner, path, artifact, made
