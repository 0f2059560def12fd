// Small comforts: choices apply at once, the place on the page is kept, commands can be copied.
"use strict";

document.documentElement.classList.add("js");

const place = "fairscan-place";
const wide = window.matchMedia("(min-width: 60rem)");
const filters = document.getElementById("filters");

if (filters && wide.matches) filters.open = true;

for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", (event) => {
    const control = event.target;
    if (control.type !== "checkbox" && control.tagName !== "SELECT") return;
    sessionStorage.setItem(place, JSON.stringify({
      path: location.pathname,
      name: control.name,
      value: control.type === "checkbox" ? control.value : null,
      top: window.scrollY,
      open: [...form.querySelectorAll("details[open]")].map((element) => element.id),
    }));
    form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    for (const control of form.elements) {
      if (control.value === "" && control.type !== "checkbox") control.disabled = true;
    }
  });
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    for (const form of document.querySelectorAll("form[data-auto]")) form.reset();
  }
  for (const control of document.querySelectorAll("form[data-auto] :disabled")) {
    control.disabled = false;
  }
});

const kept = JSON.parse(sessionStorage.getItem(place) || "null");
sessionStorage.removeItem(place);
if (kept && kept.path === location.pathname) {
  for (const id of kept.open) {
    const element = document.getElementById(id);
    if (element) element.open = true;
  }
  const same = [...document.getElementsByName(kept.name)]
    .find((control) => kept.value === null || control.value === kept.value);
  if (same) same.focus({ preventScroll: true });
  window.scrollTo({ top: kept.top, behavior: "instant" });
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}
