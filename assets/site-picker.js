// The tree of sites: opens under its button, filters while one types, is walked with the arrow keys
// (WAI-ARIA authoring practices, tree view) and writes the chosen id into the store "filter-site".
(function () {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const panel = () => byId("filter-site-panel");
  const button = () => byId("filter-site-button");
  const items = () => Array.from(panel().querySelectorAll('[role="treeitem"]'));
  const visibleItems = () => items().filter((item) => item.offsetParent !== null);
  const rowText = (item) => item.querySelector(".site-name").textContent;

  function open() {
    panel().hidden = false;
    button().setAttribute("aria-expanded", "true");
    const search = byId("filter-site-search");
    search.focus();
    search.select();
    const selected = panel().querySelector('[aria-selected="true"]');
    if (selected) {
      selected.scrollIntoView({ block: "nearest" });
    }
  }

  function close(returnFocus) {
    if (!panel() || panel().hidden) {
      return;
    }
    panel().hidden = true;
    button().setAttribute("aria-expanded", "false");
    if (returnFocus) {
      button().focus();
    }
  }

  function choose(item) {
    window.dash_clientside.set_props("filter-site", { data: Number(item.dataset.site) });
    close(true);
  }

  function focus(item) {
    if (item) {
      items().forEach((other) => other.setAttribute("tabindex", other === item ? "0" : "-1"));
      item.focus();
    }
  }

  // A node shows when its name matches, when one above it matches, or when one below it matches.
  function search(text) {
    const wanted = text.trim().toLocaleLowerCase();
    let hits = 0;
    const visit = (item, isAboveHit) => {
      const isHit = rowText(item).toLocaleLowerCase().includes(wanted);
      const below = Array.from(item.querySelectorAll(':scope > ul > [role="treeitem"]'));
      const hasHitBelow = below.map((child) => visit(child, isAboveHit || isHit)).some(Boolean);
      item.hidden = !(isHit || isAboveHit || hasHitBelow);
      if (wanted && hasHitBelow) {
        item.setAttribute("aria-expanded", "true");
      }
      hits += isHit ? 1 : 0;
      return isHit || hasHitBelow;
    };
    panel().querySelectorAll('[role="tree"] > [role="treeitem"]').forEach((item) => visit(item, false));
    panel().querySelector(".site-none").hidden = hits > 0;
  }

  function toggle(item, isOpen) {
    if (item.hasAttribute("aria-expanded")) {
      item.setAttribute("aria-expanded", String(isOpen));
    }
  }

  function walk(item, key) {
    const shown = visibleItems();
    const place = shown.indexOf(item);
    const isOpen = item.getAttribute("aria-expanded") === "true";
    const moves = {
      ArrowDown: () => focus(shown[place + 1]),
      ArrowUp: () => (place === 0 ? byId("filter-site-search").focus() : focus(shown[place - 1])),
      Home: () => focus(shown[0]),
      End: () => focus(shown[shown.length - 1]),
      ArrowRight: () => (isOpen ? focus(shown[place + 1]) : toggle(item, true)),
      ArrowLeft: () => (isOpen ? toggle(item, false) : focus(item.parentElement.closest('[role="treeitem"]'))),
      Enter: () => choose(item),
      " ": () => choose(item),
    };
    if (!moves[key]) {
      return false;
    }
    moves[key]();
    return true;
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("#filter-site-button")) {
      if (panel().hidden) {
        open();
      } else {
        close(true);
      }
      return;
    }
    const item = event.target.closest(".site-item");
    if (item && event.target.closest(".site-twist")) {
      toggle(item, item.getAttribute("aria-expanded") !== "true");
    } else if (item) {
      choose(item);
    } else if (!event.target.closest("#filter-site-panel")) {
      close(false);
    }
  });

  document.addEventListener("input", (event) => {
    if (event.target.id === "filter-site-search") {
      search(event.target.value);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (!event.target.closest || !event.target.closest("#filter-site-panel")) {
      return;
    }
    const item = event.target.closest(".site-item");
    const isHandled =
      event.key === "Escape"
        ? (close(true), true)
        : item
          ? walk(item, event.key)
          : event.key === "ArrowDown"
            ? (focus(visibleItems()[0]), true)
            : event.key === "Enter"
              ? (chooseFirstHit(event.target.value), true)
              : false;
    if (isHandled) {
      event.preventDefault();
    }
  });

  function chooseFirstHit(text) {
    const wanted = text.trim().toLocaleLowerCase();
    const hit = wanted && visibleItems().find((item) => rowText(item).toLocaleLowerCase().includes(wanted));
    if (hit) {
      choose(hit);
    }
  }

  function element(tag, className, attributes) {
    const made = document.createElement(tag);
    made.className = className;
    Object.entries(attributes || {}).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  }

  // Names come from files: they are set as text, never as markup.
  function row(node) {
    const made = element("span", "site-row");
    const twist = element("span", "site-twist");
    twist.append(element("span", "icon icon-right", { "aria-hidden": "true" }));
    const name = element("span", "site-name");
    name.textContent = node.name;
    const kind = element("span", "site-kind");
    kind.textContent = node.kind;
    made.append(twist, name, kind);
    return made;
  }

  function draw(nodes) {
    const below = new Map();
    nodes.forEach((node) => {
      below.set(node.parent, below.get(node.parent) || []);
      below.get(node.parent).push(node);
    });
    const list = (made, parent, level) => {
      (below.get(parent) || []).forEach((node) => {
        const item = element("li", "site-item", {
          role: "treeitem", tabindex: "-1", "aria-level": level, "aria-selected": "false", "data-site": node.site,
        });
        item.append(row(node));
        if (below.has(node.site)) {
          item.setAttribute("aria-expanded", String(level === 1));
          item.append(list(element("ul", "", { role: "group" }), node.site, level + 1));
        }
        made.append(item);
      });
      return made;
    };
    const tree = element("ul", "site-tree", { role: "tree", "aria-label": "Sites" });
    byId("filter-site-list").replaceChildren(list(tree, null, 1));
  }

  function openTheWayTo(item) {
    for (let above = item.parentElement; above; above = above.parentElement) {
      if (above.matches(".site-item")) {
        above.setAttribute("aria-expanded", "true");
      }
    }
  }

  // Draw the tree where the server has sent another one; mark the chosen node, and name it on the button.
  let drawn = null;
  function show(site, nodes) {
    if (nodes && panel() && (nodes !== drawn || !panel().querySelector('[role="tree"]'))) {
      draw(nodes);
      drawn = nodes;
    }
    const wanted = panel() && panel().querySelector(`[data-site="${Number(site)}"]`);
    if (!wanted) {
      return window.dash_clientside.no_update;
    }
    items().forEach((item) => {
      item.setAttribute("aria-selected", String(item === wanted));
      item.setAttribute("tabindex", item === wanted ? "0" : "-1");
    });
    openTheWayTo(wanted);
    return rowText(wanted);
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.sitePicker = { show };
})();
