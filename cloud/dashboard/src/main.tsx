import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
// In this order: later sheets refine earlier ones.
import "../../../shared/pages/fonts.css";
import "../../../shared/pages/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/bar.css";
import "./styles/sign-in.css";
import "./styles/fleet.css";
import "./styles/tables.css";
import "./styles/places.css";
import "./styles/documents.css";
import "./styles/inbox.css";
import "./styles/demand.css";
import "./styles/messages.css";
import "./styles/stock.css";
import "./styles/exchange.css";
import "./styles/ordering.css";
import "./styles/exports.css";

const page = document.getElementById("page");
if (page === null) {
  throw new Error("index.html has the element the page is drawn into");
}

createRoot(page).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
