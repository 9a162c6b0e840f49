"""Graded questions: what they ask, how an answer is judged, and what the student reads.

question      what a graded question is
questions/    one file for each question
execution     calls an answer, whatever it does
comparison    form and numbers of what it returned
trials        an answer on fresh inputs
recognition   which mistake is it?
diagnosis     the verdict
open_question  the verdict on an answer with many right results, judged by what they can do
check         the student's side: looks the answer up and prints the verdict
saved_points  the points of all checks, in a file beside the notebook
progress      a table of them in the notebook
riddles       code with one mistake of a question, and four names to choose from
spot_the_bug  a riddle in a lecture, with buttons
"""

from nnlib.grading.check import check as check
from nnlib.grading.progress import progress as progress
