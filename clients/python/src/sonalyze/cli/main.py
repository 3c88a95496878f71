"""``sonalyze``: measure rooms with the phones people have."""

import typer

from sonalyze.cli.analyze import analyze
from sonalyze.cli.bench import bench
from sonalyze.cli.check import check
from sonalyze.cli.compare import compare
from sonalyze.cli.demo import demo
from sonalyze.cli.doctor import doctor
from sonalyze.cli.reference import reference
from sonalyze.cli.serve import serve
from sonalyze.cli.suite import suite
from sonalyze.cli.up import up

app = typer.Typer(
    name="sonalyze",
    help="Measure rooms with the phones people have.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

app.command(rich_help_panel="Measure")(demo)
app.command(rich_help_panel="Measure")(analyze)
app.command(rich_help_panel="Measure")(compare)
app.command(rich_help_panel="Run")(up)
app.command(rich_help_panel="Run")(serve)
app.command(rich_help_panel="Look after it")(doctor)
app.command("test", rich_help_panel="Look after it", context_settings=PASSED_ON)(suite)
app.command(rich_help_panel="Look after it")(check)
app.command(rich_help_panel="Look after it")(bench)
app.command(rich_help_panel="Look after it")(reference)
