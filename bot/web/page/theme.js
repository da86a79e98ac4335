// Light or dark as it was chosen in the chat, else as the system has it; set before anything is painted.

try {
  const choice = localStorage.getItem("theme");
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
} catch {
  // Storage is switched off: the system's choice, then.
}
