/*! Forewarn console. Contains uPlot 1.6.32, (c) Leon Sorokin, MIT licence, Preact 11.2.0, (c) Jason Miller, MIT licence, and Leaflet 1.9.4, (c) Volodymyr Agafonkin, CloudMade, BSD 2-clause licence: see licences.txt. */
var o=0,e=0,n=1;function l(r,t){o=r,e=performance.now(),n=t}var m=()=>o+Math.min(performance.now()-e,2e4)*n,a=()=>e>0;export{l as a,m as b,a as c};
