// Puts in place what the server says has changed, and counts down. The page works without it.
"use strict";

const seconds = { d: 86400, h: 3600, min: 60, s: 1 };

function span(left) {
  const parts = [];
  for (const [unit, size] of Object.entries(seconds)) {
    if (left >= size) {
      parts.push(`${Math.floor(left / size)} ${unit}`);
      left %= size;
    }
  }
  return parts.slice(0, 2).join(" ");
}

function countDown() {
  const now = Math.floor(Date.now() / 1000);
  for (const one of document.querySelectorAll("[data-until]")) {
    const left = Number(one.dataset.until) - now;
    one.textContent = left > 0 ? `in ${span(left)}` : left === 0 ? "now" : `${span(-left)} ago`;
  }
}

function listen(address) {
  const events = new EventSource(address);
  events.addEventListener("part", (event) => {
    const { id, html } = JSON.parse(event.data);
    const part = document.getElementById(id);
    // A line that was not there before: the table has another shape now.
    if (!part) return location.reload();
    const scroll = part.querySelector(".scroll")?.scrollLeft;
    part.outerHTML = html;
    const scrolled = document.getElementById(id).querySelector(".scroll");
    if (scrolled && scroll) scrolled.scrollLeft = scroll;
    countDown();
  });
  events.addEventListener("open", () => document.body.classList.remove("offline"));
  events.addEventListener("error", () => document.body.classList.add("offline"));
}

setInterval(countDown, 1000);
if (document.body.dataset.events) listen(document.body.dataset.events);
