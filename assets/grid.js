// The look of AG Grid, in the product's own tokens, so that it follows the theme without being told.
window.dashAgGridFunctions = window.dashAgGridFunctions || {};

window.dashAgGridFunctions.wattscapeTheme = (base) =>
  base.withParams({
    accentColor: "var(--ws-accent)",
    backgroundColor: "var(--ws-surface)",
    foregroundColor: "var(--ws-text)",
    textColor: "var(--ws-text)",
    borderColor: "var(--ws-border)",
    chromeBackgroundColor: "var(--ws-surface)",
    headerBackgroundColor: "var(--ws-sunken)",
    headerTextColor: "var(--ws-muted)",
    headerFontWeight: 600,
    headerFontSize: 12,
    oddRowBackgroundColor: "var(--ws-surface)",
    rowHoverColor: "var(--ws-sunken)",
    selectedRowBackgroundColor: "var(--ws-accent-soft)",
    fontFamily: "inherit",
    fontSize: 12.5,
    spacing: 6,
    rowHeight: 30,
    headerHeight: 34,
    wrapperBorder: false,
    wrapperBorderRadius: 0,
    menuBackgroundColor: "var(--ws-surface)",
    inputBackgroundColor: "var(--ws-surface)",
    inputBorder: { color: "var(--ws-border-strong)" },
  });

// A table with few rows is as high as they are; with more than `most` it has the height of its frame and scrolls.
window.dashAgGridFunctions.wattscapeFit = (params, most) => {
  params.api.setGridOption("domLayout", params.api.getDisplayedRowCount() <= most ? "autoHeight" : "normal");
};

// Downloads in a cell: plain links, so that the browser saves the file and the row needs no selection.
window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};

window.dashAgGridComponentFunctions.WattscapeLinks = (props) =>
  React.createElement(
    "span",
    { className: "cell-links" },
    (props.value || []).map((link) =>
      React.createElement("a", { key: link.href, href: link.href, download: "", "aria-label": link.label }, link.text),
    ),
  );
