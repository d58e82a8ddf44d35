"use strict";
// What the terminal's own script leaves open: a font that is there before cells are measured by it, a size at which 80x24 fits, the focus,
// a question before a key such as ctrl+w closes the tab, and words about why the wizard ended.

const terminal = document.querySelector("#terminal");
const LARGEST = 16;
const SMALLEST = 9;
// A cell of Roboto Mono is 0.6 of its size wide and 1.32 high.
const fitting = Math.floor(Math.min(window.innerWidth / (80 * 0.6), window.innerHeight / (24 * 1.32)));
terminal.dataset.fontSize = String(Math.max(SMALLEST, Math.min(LARGEST, fitting)));

function warn(event) {
  event.preventDefault();
}

function ended(event) {
  window.removeEventListener("beforeunload", warn);
  document.querySelector("#why").textContent =
    event.reason || "The connection was lost. Is `ciam-tui serve` still running? Answers are kept in the draft as they are typed.";
  document.querySelector("#ended").hidden = false;
  document.querySelector("#again").focus();
}

class WatchedSocket extends WebSocket {
  constructor(...where) {
    super(...where);
    this.addEventListener("open", () => {
      window.addEventListener("beforeunload", warn);
      document.querySelector(".xterm-helper-textarea").focus();
    });
    this.addEventListener("close", ended);
  }
}
window.WebSocket = WatchedSocket;

document.querySelector("#again").addEventListener("click", () => window.location.reload());

const begin = window.onload;
window.onload = null;
const styles = ["", "bold ", "italic ", "italic bold "];
const fonts = styles.map((style) => document.fonts.load(`${style}${LARGEST}px "Roboto Mono"`));
Promise.allSettled(fonts).then(() => begin());
