// Light, dark or the system's choice, set before anything is painted.

(() => {
  const apply = (choice) => {
    if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
    else delete document.documentElement.dataset.theme;
    const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", dark ? "#191715" : "#faf8f5");
    return dark;
  };
  const stored = () => {
    try {
      return localStorage.getItem("theme") ?? "system";
    } catch {
      return "system"; // storage is switched off
    }
  };
  window.theme = {
    get choice() {
      return stored();
    },
    set choice(value) {
      try {
        localStorage.setItem("theme", value);
      } catch {
        // It holds for this page then.
      }
      apply(value);
    },
    get dark() {
      return apply(stored());
    },
  };
  apply(stored());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(stored()));
})();
