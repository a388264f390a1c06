import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { LiveState, liveUrl } from "./api/live";
import { App } from "./app";
// In this order: later sheets refine earlier ones.
import "../../../shared/pages/fonts.css";
import "../../../shared/pages/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/scanning.css";
import "./styles/tray.css";
import "./styles/basket.css";
import "./styles/question.css";
import "./styles/search.css";
import "./styles/total.css";
import "./styles/tight.css";
import "./styles/start.css";
import "./styles/review.css";
import "./styles/paying.css";
import "./styles/receipt.css";
import "./styles/waiting.css";

const page = document.getElementById("page");
if (page === null) {
  throw new Error("index.html has the element the page is drawn into");
}

const live = new LiveState(liveUrl(window.location));
live.start();

// A kiosk has no right button and no long press: a finger that rests a little must not open a menu.
document.addEventListener("contextmenu", (event) => event.preventDefault());

const theme = new URLSearchParams(window.location.search).get("theme");
if (theme === "light" || theme === "dark") {
  document.documentElement.dataset.theme = theme;
}

createRoot(page).render(
  <StrictMode>
    <App live={live} />
  </StrictMode>,
);
