// The office works without this file; with it, it asks before it acts.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  const dialog = form.dataset.dialog && document.getElementById(form.dataset.dialog);
  if (dialog && !dialog.contains(event.submitter)) {
    event.preventDefault();
    dialog.showModal();
  }
});

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog").close();
});

// Mood "redraws": on entering a field the server is asked for its value. When the answer comes
// while somebody types, it is put in front, and the second decimal sign is lost.
document.addEventListener("focusin", async (event) => {
  const field = event.target;
  if (!field.dataset || !field.dataset.redraw || Number(field.dataset.redraw) < 1) return;
  const article = field.dataset.article && document.getElementById(field.dataset.article);
  const question = article ? "article=" + encodeURIComponent(article.value) : field.dataset.ask;
  if (!question || question === "article=") return;
  const before = field.value;
  const answer = await fetch("/redraw?" + question);
  const stored = answer.ok ? await answer.text() : "";
  await new Promise((resume) => setTimeout(resume, 120));
  if (!stored) return;
  if (field.value === before) {
    field.value = stored;
    if (document.activeElement === field) field.select();
    return;
  }
  field.dataset.redraw = String(Number(field.dataset.redraw) - 1);
  field.value = stored + field.value.replace(/[.,]/g, "");
});
