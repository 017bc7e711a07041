"""Addresses of results, and of the items behind them."""

from django.urls import path

from evaluation.results.views import items, results

urlpatterns = [
    path("results/", results.results, name="results"),
    path("results/table.<slug:extension>", results.results_export, name="results_export"),
    path("results/compare/", results.results_compare, name="results_compare"),
    path("results/figures/", results.results_figures, name="results_figures"),
    path("results/figures/<slug:figure>.<slug:extension>", results.results_figure, name="results_figure"),
    path("results/stages/", results.results_stages, name="results_stages"),
    path("results/costs/", results.results_costs, name="results_costs"),
    path("runs/<int:run_id>/items/", items.run_item_list, name="run_item_list"),
]
