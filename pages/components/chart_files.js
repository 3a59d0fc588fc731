// Every chart as a file: PNG and SVG stand in the corner of a chart that the pointer is over.
//
// Plotly's own button makes one kind of picture, by the options of the chart's config. This adds a
// second button beside it and, before plotly hears the click, sets the kind and a name that says
// what the chart shows. Runs once in a browser's tab, whichever page is opened first.
(() => {
  if (window.chestbenchChartFiles) return;
  window.chestbenchChartFiles = true;

  const KINDS = { PNG: { format: "png", scale: 2 }, SVG: { format: "svg", scale: 1 } };

  const words = (text) =>
    (text || "").replace(/<[^>]*>|\([^)]*\)/g, " ").toLowerCase().replace(/[^a-z0-9]+/g, "-");

  const fileName = (chart) => {
    const axes = ["xaxis", "yaxis"].map((axis) => chart.layout?.[axis]?.title?.text);
    const key = chart.closest('[class*="st-key-"]')?.className.match(/st-key-([\w-]+)/)?.[1];
    const page = location.pathname.split("/").filter(Boolean).pop();
    return ["chestbench", page, key, ...axes]
      .map(words).join("-").replace(/-{2,}/g, "-").replace(/^-|-$/g, "").slice(0, 90);
  };

  const save = (chart, own, kind) => {
    chart._context.toImageButtonOptions = { ...KINDS[kind], filename: fileName(chart) };
    own.click();
  };

  const complete = (group) => {
    const own = group.querySelector(".modebar-btn");
    const chart = group.closest(".js-plotly-plot");
    if (!own || !chart || group.querySelector(".chart-file")) return;
    own.style.display = "none";
    for (const kind of Object.keys(KINDS)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "chart-file";
      button.textContent = kind;
      button.title = `Save this chart as ${kind}`;
      button.addEventListener("click", () => save(chart, own, kind));
      group.append(button);
    }
  };

  const completeAll = () => document.querySelectorAll(".modebar-group").forEach(complete);
  new MutationObserver(completeAll).observe(document.body, { childList: true, subtree: true });
  completeAll();
})();
