// Draws every chart twice: for the screen, dark and alive, and for paper, as a picture in light
// colours. The buttons save the light one, which is what a publication wants.
(async () => {
  const swap = JSON.parse(document.getElementById("on-paper").textContent);
  const dark = new RegExp(
    Object.keys(swap).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "gi");
  const lower = Object.fromEntries(Object.entries(swap).map(([key, to]) => [key.toLowerCase(), to]));
  const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);

  for (const chart of document.querySelectorAll(".chart")) {
    const text = document.getElementById(chart.dataset.figure).textContent;
    const shown = JSON.parse(text);
    const onPaper = () => JSON.parse(text.replace(dark, (found) => lower[found.toLowerCase()]));
    // On paper a tall chart is drawn with closer rows: it would leave a page half empty before it.
    const { height } = shown.layout;
    const size = {
      width: chart.classList.contains("half") ? 460 : 900,
      height: height > 760 ? Math.max(760, Math.round(0.8 * height)) : height,
    };
    await Plotly.newPlot(chart.querySelector(".screen"), shown.data, shown.layout,
      { displayModeBar: false, responsive: true });
    chart.querySelector(".paper").src = await Plotly.toImage(onPaper(), { format: "svg", ...size });
    for (const button of chart.querySelectorAll("button")) {
      button.addEventListener("click", () => Plotly.downloadImage(onPaper(), {
        ...size,
        format: button.dataset.format,
        scale: button.dataset.format === "png" ? 2 : 1,
        filename: `chestbench-${slug(chart.dataset.name)}`,
      }));
    }
  }
  await Promise.all([...document.querySelectorAll(".paper")].map((image) => image.decode()));
  document.documentElement.dataset.charts = "drawn";
})();
