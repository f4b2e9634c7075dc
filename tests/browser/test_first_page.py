from playwright.sync_api import Page, expect

# Notes when the first figure stands and when Plotly's own script starts to run.
WATCH = """
window.order = [];
const note = (what) => window.order.includes(what) || window.order.push(what);
new MutationObserver(() => {
  if (document.querySelector(".kpi-value")) note("figures");
  if (document.querySelector("script[src*='plotly.min']")) note("plotly");
}).observe(document, { subtree: true, childList: true });
"""


def test_figures_stand_before_plotly_is_run_and_charts_follow(page: Page) -> None:
    page.add_init_script(WATCH)

    page.goto("/")

    expect(page.locator(".chart-card .js-plotly-plot .main-svg").first).to_be_visible()
    assert page.evaluate("window.order") == ["figures", "plotly"]


def test_a_page_without_figures_does_not_wait_for_any(page: Page) -> None:
    page.goto("/consumption")

    expect(page.locator(".chart-card .js-plotly-plot .main-svg").first).to_be_visible()
