// Draws regions on an image and sends each one to Python, which holds them and says what is drawn.
// A region is {id, kind, points: [[x, y], ...], width}, all lengths as fractions of the image.

const COLOUR = "86, 180, 233";
const NEAREST = 0.004; // points nearer to the last one than this are left out
const SMALLEST = 0.01; // a box or an outline that is smaller was a slip of the hand

function create(root) {
  const canvas = root.querySelector("canvas");
  const picture = root.querySelector("img");
  const slider = root.querySelector("input");
  const buttons = [...root.querySelectorAll("button")];
  const state = { kind: "brush", regions: [], pending: [], drawing: null, count: 0, send: null };

  for (const button of buttons) {
    button.onclick = () => {
      state.kind = button.dataset.kind;
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
      slider.parentElement.style.visibility = state.kind === "brush" ? "visible" : "hidden";
    };
  }

  function place(event) {
    const frame = canvas.getBoundingClientRect();
    const inside = (value) => Math.min(1, Math.max(0, value));
    return [
      inside((event.clientX - frame.left) / frame.width),
      inside((event.clientY - frame.top) / frame.height),
    ];
  }

  function trace(context, region, side) {
    const points = region.points.map(([x, y]) => [x * side, y * side]);
    context.beginPath();
    if (region.kind === "box") {
      const [[left, top], [right, bottom]] = points;
      context.rect(left, top, right - left, bottom - top);
    } else {
      context.moveTo(...points[0]);
      for (const point of points.slice(1)) context.lineTo(...point);
      if (points.length === 1) context.lineTo(points[0][0] + 0.01, points[0][1]);
    }
  }

  function paint() {
    const side = canvas.clientWidth * (window.devicePixelRatio || 1);
    if (!side) return;
    if (canvas.width !== Math.round(side)) canvas.width = canvas.height = Math.round(side);
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.lineJoin = context.lineCap = "round";
    for (const region of [...state.regions, ...state.pending, state.drawing]) {
      if (!region) continue;
      trace(context, region, side);
      if (region.kind === "brush") {
        context.lineWidth = Math.max(1, region.width * side);
        context.strokeStyle = `rgba(${COLOUR}, 0.45)`;
        context.stroke();
      } else {
        if (region.kind === "outline") context.closePath();
        context.fillStyle = `rgba(${COLOUR}, 0.3)`;
        context.fill();
        context.lineWidth = 1.5 * (window.devicePixelRatio || 1);
        context.strokeStyle = `rgba(${COLOUR}, 0.95)`;
        context.stroke();
      }
    }
  }

  function large(region) {
    if (region.kind === "brush") return true;
    const spread = [0, 1].map((axis) => {
      const values = region.points.map((point) => point[axis]);
      return Math.max(...values) - Math.min(...values);
    });
    return Math.min(...spread) >= SMALLEST && (region.kind === "box" || region.points.length > 2);
  }

  canvas.onpointerdown = (event) => {
    if (event.button !== 0 || state.drawing) return;
    canvas.setPointerCapture(event.pointerId);
    const point = place(event);
    const points = state.kind === "box" ? [point, point] : [point];
    state.count += 1;
    state.drawing = {
      id: `${Date.now()}-${state.count}`,
      kind: state.kind,
      points,
      width: state.kind === "brush" ? slider.valueAsNumber / 100 : 0,
    };
    event.preventDefault();
    paint();
  };
  canvas.onpointermove = (event) => {
    const region = state.drawing;
    if (!region) return;
    const point = place(event);
    if (region.kind === "box") {
      region.points[1] = point;
    } else {
      const last = region.points.at(-1);
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) < NEAREST) return;
      region.points.push(point);
    }
    paint();
  };
  canvas.onpointerup = () => {
    const region = state.drawing;
    state.drawing = null;
    if (region && large(region)) {
      state.pending.push(region);
      // All that Python has not seen: of two that come at once it may hear the last one only.
      state.send("drawn", state.pending);
    }
    paint();
  };
  canvas.onpointercancel = () => {
    state.drawing = null;
    paint();
  };
  new ResizeObserver(paint).observe(canvas);

  return {
    update(data, send) {
      state.send = send;
      state.regions = data.regions;
      const seen = new Set(data.seen);
      state.pending = state.pending.filter((region) => !seen.has(region.id));
      if (picture.src !== data.image) picture.src = data.image;
      paint();
    },
  };
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".cover");
  root.canvas ??= create(root);
  root.canvas.update(data, setTriggerValue);
}
